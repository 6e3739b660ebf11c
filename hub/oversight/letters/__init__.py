"""The letter of a province to the ministry: figures that are frozen, and a page made of them."""
