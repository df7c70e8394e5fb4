"""Renders the chart with the real Helm, without a cluster."""
