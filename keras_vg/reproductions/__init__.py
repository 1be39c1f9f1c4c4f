"""The reproductions behind the scripts: each trains, prints and judges one group of claims."""
