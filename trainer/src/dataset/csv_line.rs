//! One line of comma-separated values (RFC 4180, without line breaks inside fields).

use std::iter::Peekable;
use std::str::Chars;

/// The fields of `line`, without the blanks around them. Fails when a quoted field does not end or something stands
/// behind its end.
pub(super) fn fields(line: &str) -> Result<Vec<String>, &'static str> {
    let mut characters = line.chars().peekable();
    let mut fields = Vec::new();
    loop {
        fields.push(field(&mut characters)?);
        match characters.next() {
            None => return Ok(fields),
            Some(',') => {}
            Some(_) => return Err("something stands behind a closing quote"),
        }
    }
}

/// Takes everything up to the comma or the end behind the next field.
fn field(characters: &mut Peekable<Chars<'_>>) -> Result<String, &'static str> {
    let blank = |character: &char| character.is_whitespace();
    while characters.next_if(blank).is_some() {}
    if characters.next_if_eq(&'"').is_none() {
        let mut text = String::new();
        while let Some(character) = characters.next_if(|&character| character != ',') {
            text.push(character);
        }
        return Ok(text.trim_end().to_owned());
    }
    let text = quoted(characters)?;
    while characters.next_if(blank).is_some() {}
    Ok(text)
}

fn quoted(characters: &mut Peekable<Chars<'_>>) -> Result<String, &'static str> {
    let mut text = String::new();
    while let Some(character) = characters.next() {
        if character == '"' && characters.next_if_eq(&'"').is_none() {
            return Ok(text);
        }
        text.push(character);
    }
    Err("a quoted field does not end")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_fields_may_hold_commas_and_doubled_quotes() {
        assert_eq!(
            fields("a, b ,,\"c, \"\"d\"\"\" ,e"),
            Ok(["a", "b", "", "c, \"d\"", "e"].map(String::from).into())
        );
        assert_eq!(fields(""), Ok(vec![String::new()]));
    }

    #[test]
    fn a_quoted_field_must_end_and_then_a_comma_comes() {
        assert!(fields("a,\"b").is_err());
        assert!(fields("\"a\"b,c").is_err());
    }
}
