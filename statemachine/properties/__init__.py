"""Properties: named claims about any worker, about the models, and about a cluster."""
