"""What the logs say is wrong: rules turn tables into findings. Knows no Keras and sees no model."""
