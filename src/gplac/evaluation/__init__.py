"""Measuring a policy: rollouts in scenes, controls, statistics, instruments. It knows a policy as a callable."""
