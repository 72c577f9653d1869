//! The settings document, every version of it. What it means is not known here.

use sea_orm::ActiveValue::Set;
use sea_orm::{EntityTrait, QueryOrder, QuerySelect};

use super::entities::settings::{ActiveModel, COLUMN, Entity, Model};
use super::{Store, StoreError, column};

/// One version of the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsRecord {
    /// Counts the saves, from 1.
    pub version: u32,
    /// The document, as JSON.
    pub document: String,
    /// When it was saved.
    pub saved_at_ms: i64,
}

impl TryFrom<Model> for SettingsRecord {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        Ok(Self {
            version: column::count("settings.version", row.version)?,
            document: row.document,
            saved_at_ms: row.saved_at_ms,
        })
    }
}

/// The settings of a [`Store`].
#[derive(Debug, Clone, Copy)]
pub struct SettingsVersions<'a> {
    store: &'a Store,
}

impl Store {
    /// The settings.
    #[must_use]
    pub fn settings(&self) -> SettingsVersions<'_> {
        SettingsVersions { store: self }
    }
}

impl SettingsVersions<'_> {
    /// The newest version; nothing before the first.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn current(&self) -> Result<Option<SettingsRecord>, StoreError> {
        let row = Entity::find()
            .order_by_desc(COLUMN.version)
            .limit(1)
            .one(&self.store.reader)
            .await?;
        row.map(TryInto::try_into).transpose()
    }

    /// Every version, the oldest first.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn all(&self) -> Result<Vec<SettingsRecord>, StoreError> {
        let rows = Entity::find()
            .order_by_asc(COLUMN.version)
            .all(&self.store.reader)
            .await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// Saves a version; `false`, and nothing changes, where it exists already: somebody else saved first.
    /// Durable when it returns.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unstorable`] for a document with NUL, else what the database says.
    pub async fn append(&self, version: u32, document: String, saved_at_ms: i64) -> Result<bool, StoreError> {
        column::storable("document", &document)?;
        let inserted = Entity::insert(ActiveModel {
            version: Set(i64::from(version)),
            document: Set(document),
            saved_at_ms: Set(saved_at_ms),
        })
        .on_conflict_do_nothing_on([super::entities::settings::Column::Version])
        .exec_without_returning(&self.store.writer)
        .await?;
        Ok(matches!(inserted, sea_orm::TryInsertResult::Inserted(1)))
    }
}
