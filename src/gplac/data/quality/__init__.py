"""What a practitioner has to know of data before training on them: measures, and findings with a way to mend each."""
