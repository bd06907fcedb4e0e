"""The blueprint file: loading with positions, schema, expressions and overlays."""
