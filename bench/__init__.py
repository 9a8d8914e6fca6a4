"""Measure a node against yardsticks of the same machine, and show its main job."""
