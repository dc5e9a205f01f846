"""The operator's policy: who may call which tool with which arguments, how often, and what is blotted out."""
