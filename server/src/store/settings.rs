//! The settings document, every version of it. What it means is not known here.

use rollcall_shared::console_api::Subject;
use sea_orm::ActiveValue::Set;
use sea_orm::{EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::entities::settings::{ActiveModel, COLUMN, Entity, Model};
use super::{Store, StoreError, column, notifications};

/// One version of the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsRecord {
    /// Counts the saves, from 1.
    pub version: u32,
    /// The document, as JSON.
    pub document: String,
    /// When it was saved.
    pub saved_at_ms: i64,
    /// Who saved it, by the name that they had then; nothing where the server did.
    pub author: Option<String>,
    /// What they noted.
    pub note: Option<String>,
}

impl TryFrom<Model> for SettingsRecord {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        Ok(Self {
            version: column::count("settings.version", row.version)?,
            document: row.document,
            saved_at_ms: row.saved_at_ms,
            author: row.author,
            note: row.note,
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

    /// One version; nothing where there is none of that number.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn one(&self, version: u32) -> Result<Option<SettingsRecord>, StoreError> {
        let row = Entity::find_by_id(i64::from(version))
            .one(&self.store.reader)
            .await?;
        row.map(TryInto::try_into).transpose()
    }

    /// The newest versions before this one, the newest first.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn page(&self, before: Option<u32>, limit: u64) -> Result<Vec<SettingsRecord>, StoreError> {
        let mut find = Entity::find().order_by_desc(COLUMN.version).limit(limit);
        if let Some(before) = before {
            find = find.filter(COLUMN.version.lt(i64::from(before)));
        }
        let rows = find.all(&self.store.reader).await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// Saves a version and queues a notification of it for every agent of the roll call; `false`, and nothing changes,
    /// where it exists already: somebody else saved first. Durable when it returns.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unstorable`] for a text with NUL, else what the database says.
    pub async fn append(&self, record: SettingsRecord) -> Result<bool, StoreError> {
        column::storable("document", &record.document)?;
        column::storable("author", record.author.as_deref().unwrap_or_default())?;
        column::storable("note", record.note.as_deref().unwrap_or_default())?;
        let (version, saved_at_ms) = (record.version, record.saved_at_ms);
        let transaction = self.store.begin().await?;
        let inserted = Entity::insert(ActiveModel {
            version: Set(i64::from(version)),
            document: Set(record.document),
            saved_at_ms: Set(saved_at_ms),
            author: Set(record.author),
            note: Set(record.note),
        })
        .on_conflict_do_nothing_on([super::entities::settings::Column::Version])
        .exec_without_returning(&transaction)
        .await?;
        if !matches!(inserted, sea_orm::TryInsertResult::Inserted(1)) {
            return Ok(false);
        }
        notifications::queue(&transaction, &Subject::Settings(version), saved_at_ms).await?;
        transaction.commit().await?;
        Ok(true)
    }
}
