"""What goes when its time is over: lines that are marked, the eraser that removes them, holds that stop it."""
