"""What several tests share. No test imports another test or a script."""
