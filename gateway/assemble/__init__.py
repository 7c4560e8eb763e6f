"""The only place that builds the parts and wires them: what `gateway up` starts, and what each process is.

`python -m gateway.assemble ROLE …` becomes one of the processes that the supervisor starts. Imports stand
inside the functions, because each process loads only what it needs: a worker no YAML and no SQL, a replica
no proxy.
"""
