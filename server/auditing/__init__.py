"""Let auditors look at the access trail: an index of its entries, search, counts, exports, proof bundles."""
