"""Speak HTTP: how endpoints are declared, what a view receives, how answers and problems are rendered."""
