"""The use cases of publication: drafted, checked, published or waived, withdrawn."""
