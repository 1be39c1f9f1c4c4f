"""What `docs/rules.md` is made from: a section per rule, the programs that it is shown on, and its picture."""
