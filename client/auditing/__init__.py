"""The auditor's side: read a node's trail, and prove by a bundle, without the node, what was done to its log."""
