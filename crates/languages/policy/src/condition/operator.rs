//! The names of condition operators: `ForAnyValue:StringNotLikeIfExists`.

use super::comparison::{Kind, Order};

/// An operator, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    /// Whether the key is there.
    Null,
    /// Holds the key's values against the policy's.
    Compare { quantifier: Quantifier, if_exists: bool, negated: bool, kind: Kind },
}

/// Which of a key's several values must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quantifier {
    /// Made for keys with one value. Of several, one must be among the policy's values, or,
    /// for negated operators, none.
    None,
    ForAllValues,
    ForAnyValue,
}

impl Operator {
    /// Reads a name; case does not matter. `Null` takes neither prefix nor suffix.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        if name == "null" {
            return Some(Self::Null);
        }
        let (quantifier, name) = if let Some(name) = name.strip_prefix("forallvalues:") {
            (Quantifier::ForAllValues, name)
        } else if let Some(name) = name.strip_prefix("foranyvalue:") {
            (Quantifier::ForAnyValue, name)
        } else {
            (Quantifier::None, name.as_str())
        };
        let (if_exists, name) = name.strip_suffix("ifexists").map_or((false, name), |name| (true, name));
        let (negated, kind) = match name {
            "stringequals" => (false, Kind::Text),
            "stringnotequals" => (true, Kind::Text),
            "stringequalsignorecase" => (false, Kind::TextIgnoringCase),
            "stringnotequalsignorecase" => (true, Kind::TextIgnoringCase),
            "stringlike" => (false, Kind::Like),
            "stringnotlike" => (true, Kind::Like),
            "numericequals" => (false, Kind::Number(Order::Equal)),
            "numericnotequals" => (true, Kind::Number(Order::Equal)),
            "numericlessthan" => (false, Kind::Number(Order::Less)),
            "numericlessthanequals" => (false, Kind::Number(Order::LessOrEqual)),
            "numericgreaterthan" => (false, Kind::Number(Order::Greater)),
            "numericgreaterthanequals" => (false, Kind::Number(Order::GreaterOrEqual)),
            "dateequals" => (false, Kind::Moment(Order::Equal)),
            "datenotequals" => (true, Kind::Moment(Order::Equal)),
            "datelessthan" => (false, Kind::Moment(Order::Less)),
            "datelessthanequals" => (false, Kind::Moment(Order::LessOrEqual)),
            "dategreaterthan" => (false, Kind::Moment(Order::Greater)),
            "dategreaterthanequals" => (false, Kind::Moment(Order::GreaterOrEqual)),
            "bool" => (false, Kind::Boolean),
            "binaryequals" => (false, Kind::Binary),
            "ipaddress" => (false, Kind::Address),
            "notipaddress" => (true, Kind::Address),
            // The two are the same, wildcards and all.
            "arnequals" | "arnlike" => (false, Kind::Arn),
            "arnnotequals" | "arnnotlike" => (true, Kind::Arn),
            _ => return None,
        };
        Some(Self::Compare { quantifier, if_exists, negated, kind })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_prefix_operator_and_suffix() {
        assert_eq!(
            Operator::parse("ForAnyValue:StringNotLikeIfExists"),
            Some(Operator::Compare {
                quantifier: Quantifier::ForAnyValue,
                if_exists: true,
                negated: true,
                kind: Kind::Like
            })
        );
        assert_eq!(
            Operator::parse("forallvalues:arnEquals"),
            Some(Operator::Compare {
                quantifier: Quantifier::ForAllValues,
                if_exists: false,
                negated: false,
                kind: Kind::Arn
            })
        );
        assert_eq!(Operator::parse("NULL"), Some(Operator::Null));
    }

    #[test]
    fn unknown_names_are_refused() {
        for name in [
            "",
            "IfExists",
            "ForAnyValue:",
            "ForAnyValue:Null",
            "NullIfExists",
            "StringMatches",
            "BoolNot",
            "ForSomeValues:StringLike",
            "ForAnyValue:ForAllValues:StringLike",
            "StringLikeIfExistsIfExists",
            " StringLike",
            "BinaryNotEquals",
        ] {
            assert_eq!(Operator::parse(name), None, "{name}");
        }
    }
}
