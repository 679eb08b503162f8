"""Who must act: responsible units (责任单位) as a tree: district platforms, bureaus, squads, firms, utilities."""
