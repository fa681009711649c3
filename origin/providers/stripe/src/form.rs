//! Bodies of requests: forms, in which brackets nest names (docs.stripe.com/api).

/// A form that is written field by field, in their order: the same request has the same bytes.
#[derive(Debug, Default)]
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    #[expect(clippy::needless_pass_by_value, reason = "numbers and references")]
    pub(crate) fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.0.push((name.to_owned(), value.to_string()));
        self
    }

    /// A field of an object: `metadata[payment]`.
    pub(crate) fn within(self, object: &str, name: &str, value: impl ToString) -> Self {
        self.with(&format!("{object}[{name}]"), value)
    }

    pub(crate) fn encoded(&self) -> String {
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&self.0)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::Form;

    #[test]
    fn names_nest_in_brackets_and_values_are_escaped() {
        let form = Form::default()
            .with("amount", 1250)
            .within("metadata", "payment", "a&b=c")
            .within("capabilities[transfers]", "requested", true);
        assert_eq!(
            form.encoded(),
            "amount=1250&metadata%5Bpayment%5D=a%26b%3Dc&capabilities%5Btransfers%5D%5Brequested%5D=true"
        );
    }
}
