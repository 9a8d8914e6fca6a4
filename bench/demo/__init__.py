"""Show the main job: three organisations exchange records through one node, by terms that hold, and attackers fail.

Real processes, real commands, real signatures. Each line is an assertion on what the other side or the log said.
"""
