"""Pictures from elsewhere: whole, checked, and never over what is there."""
