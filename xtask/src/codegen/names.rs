//! From AWS's names to Rust's.

/// `restApiId` → `rest_api_id`, `KMSKeyArn` → `kms_key_arn`, `CodeSha256` → `code_sha256`.
pub(crate) fn snake(name: &str) -> String {
    let letters: Vec<char> = name.trim_start_matches('_').chars().collect();
    let mut out = String::with_capacity(name.len() + 8);
    for (at, &letter) in letters.iter().enumerate() {
        if !letter.is_ascii_alphanumeric() {
            out.push('_');
            continue;
        }
        let before = at.checked_sub(1).and_then(|before| letters.get(before));
        let after = letters.get(at + 1);
        let starts_word = letter.is_ascii_uppercase()
            && before.is_some_and(|before| {
                before.is_ascii_lowercase()
                    || before.is_ascii_digit()
                    || before.is_ascii_uppercase() && after.is_some_and(char::is_ascii_lowercase)
            });
        if starts_word {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}

/// A snake-case name as a field: Rust's keywords are written raw.
pub(crate) fn field(name: &str) -> String {
    let snake = snake(name);
    match snake.as_str() {
        "as" | "async" | "await" | "box" | "break" | "const" | "continue" | "dyn" | "else" | "enum"
        | "extern" | "false" | "fn" | "for" | "gen" | "if" | "impl" | "in" | "let" | "loop" | "match"
        | "mod" | "move" | "mut" | "pub" | "ref" | "return" | "static" | "struct" | "trait" | "true"
        | "try" | "type" | "unsafe" | "use" | "where" | "while" | "yield" => format!("r#{snake}"),
        _ => snake,
    }
}

/// `MapOfStringToString` → `MAP_OF_STRING_TO_STRING`.
pub(crate) fn screaming(name: &str) -> String {
    snake(name).to_ascii_uppercase()
}

/// A shape's name as a type: the first letter is a capital.
pub(crate) fn type_name(name: &str) -> String {
    let name = name.trim_start_matches('_');
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}

/// An enumeration's value as a variant: `AWS_PROXY` → `AwsProxy`, `python3.12` → `Python3_12`,
/// `0.5` → `V0_5`.
pub(crate) fn variant(value: &str) -> String {
    let mut out = String::new();
    for word in value.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
        let mut letters = word.chars();
        let Some(first) = letters.next() else { continue };
        if out.chars().next_back().is_some_and(|last| last.is_ascii_digit()) && first.is_ascii_digit() {
            out.push('_');
        }
        out.push(first.to_ascii_uppercase());
        let rest = letters.as_str();
        // A word of capitals is a shout, not an acronym: AWS_PROXY is AwsProxy. A word of mixed
        // case keeps its humps.
        if word.chars().any(|c| c.is_ascii_lowercase()) {
            out.push_str(rest);
        } else {
            out.push_str(&rest.to_ascii_lowercase());
        }
    }
    match out.as_str() {
        // The one capitalised keyword.
        "Self" => "Self_".to_owned(),
        _ if out.starts_with(|c: char| c.is_ascii_digit()) => format!("V{out}"),
        _ => out,
    }
}

/// What serde's `rename_all = "camelCase"` or `"PascalCase"` makes of a snake-case field.
pub(crate) fn serde_renamed(field: &str, style: &str) -> String {
    let mut out = String::new();
    for word in field.trim_start_matches("r#").split('_') {
        let mut letters = word.chars();
        if let Some(first) = letters.next() {
            if out.is_empty() && style == "camelCase" {
                out.push(first);
            } else {
                out.push(first.to_ascii_uppercase());
            }
            out.push_str(letters.as_str());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_become_fields() {
        for (name, expected) in [
            ("restApiId", "rest_api_id"),
            ("type", "r#type"),
            ("KMSKeyArn", "kms_key_arn"),
            ("PrincipalOrgID", "principal_org_id"),
            ("CodeSha256", "code_sha256"),
            ("S3Bucket", "s3_bucket"),
            ("Ipv6AllowedForDualStack", "ipv6_allowed_for_dual_stack"),
            ("EC2ErrorCode", "ec2_error_code"),
        ] {
            assert_eq!(field(name), expected);
        }
    }

    #[test]
    fn values_become_variants() {
        for (value, expected) in [
            ("AWS_PROXY", "AwsProxy"),
            ("ipv4", "Ipv4"),
            ("0.5", "V0_5"),
            ("python3.12", "Python3_12"),
            ("nodejs20.x", "Nodejs20X"),
            ("x86_64", "X86_64"),
            ("SecurityPolicy_TLS13_1_3_2025_09", "SecurityPolicyTls13_1_3_2025_09"),
            ("Value", "Value"),
            ("SELF", "Self_"),
        ] {
            assert_eq!(variant(value), expected);
        }
    }

    #[test]
    fn knows_what_serde_will_do() {
        assert_eq!(serde_renamed("rest_api_id", "camelCase"), "restApiId");
        assert_eq!(serde_renamed("r#type", "PascalCase"), "Type");
    }
}
