"""Figures in the graph: sums over organizations and days, never rows, and health counts only when they are not small."""
