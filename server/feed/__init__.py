"""Hand out what an organisation may have: the feed in log order, single records with their evidence, stream heads."""
