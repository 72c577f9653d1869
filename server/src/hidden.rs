//! Characters that people do not see: what names them must not hold, wherever it comes from.

/// Control characters, and those that take no room or turn the text around: with them two names could look
/// alike, or one could rewrite the line of a log or a list that it stands in.
#[must_use]
pub fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_every_script_are_seen_and_what_turns_text_around_is_not() {
        assert!("büro-東京 web_1".chars().all(|character| !is_hidden(character)));
        for hidden in [
            '\0', '\n', '\u{7f}', '\u{200b}', '\u{202e}', '\u{2066}', '\u{feff}',
        ] {
            assert!(is_hidden(hidden), "{hidden:?}");
        }
    }
}
