"""Drawings of a chart: in the terminal, as SVG, as a page, as Mermaid."""
