"""Three simulated channels that tell the 2020 review of Sulawesi Selatan; all of it synthetic."""
