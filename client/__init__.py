"""The partner's side: the `Partner` SDK and the `havre` command. Imports `crypto` and `schemas`, never `server`."""
