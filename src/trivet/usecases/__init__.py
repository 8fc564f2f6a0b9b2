"""One user intent = one module = one function of the same name; each says where it can be reached (`declare`).

Reading order, the order of a month: `create_workspace`, `init_folder`, `import_folder`, `list_people`,
`list_dimensions`, `show_health`, `accept_finding`, `reopen_finding`, `assign_finding`, `make_plan`, `show_plan`,
`show_streams`, `show_capacity`, `show_mix`, `set_mix`, `show_segments`, `show_methods`, `show_accuracy`,
`show_value_added`, `preview_changes`, `record_changes`, `undo_change`, `list_changes`, `trace_cell`,
`branch_scenario`, `merge_scenario`, `rebase_scenario`, `compare_scenarios`, `show_statement`, `show_waterfall`,
`explain_cell`, `price_relief`, `price_locks`, `check_plan`, `show_gaps`, `show_consensus`, `approve_consensus`,
`withdraw_consensus`, `submit_plan`, `approve_plan`, `publish_plan`, `export_plan`, `push_down`; beside the plan
`backtest_series`; then care: `run_doctor`, `backup_workspace`, `restore_workspace`, `upgrade_workspace`; long work:
`plan_in_background`, `list_jobs`, `cancel_job`, `run_jobs`, `resume_jobs`; and `run_demo`, all of it at once.
"""
