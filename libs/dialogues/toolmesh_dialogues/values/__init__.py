"""Values as a call writes them beside the same values as a person says them."""
