"""Measurements of the checker: how small an error it finds, and how seldom it accuses a right derivation.

python -m benchmarks detection
python -m benchmarks false-alarms
python -m benchmarks exactness
python -m benchmarks public
"""
