// Every command, in the order in which help lists them.
#pragma once

#include <memory>

#include "cli/parser.h"

namespace holdfast::cli {

Commands all_commands();

std::unique_ptr<Command> make_init_command();
std::unique_ptr<Command> make_doctor_command();
std::unique_ptr<Command> make_backup_command();
std::unique_ptr<Command> make_snapshots_command();
std::unique_ptr<Command> make_ls_command();
std::unique_ptr<Command> make_show_command();
std::unique_ptr<Command> make_find_command();
std::unique_ptr<Command> make_history_command();
std::unique_ptr<Command> make_diff_command();
std::unique_ptr<Command> make_plan_command();
std::unique_ptr<Command> make_restore_command();
std::unique_ptr<Command> make_migrate_command();
std::unique_ptr<Command> make_replicate_command();
std::unique_ptr<Command> make_failover_command();
std::unique_ptr<Command> make_fence_command();
std::unique_ptr<Command> make_failback_command();
std::unique_ptr<Command> make_activate_command();
std::unique_ptr<Command> make_status_command();
std::unique_ptr<Command> make_tasks_command();
std::unique_ptr<Command> make_tasks_show_command();
std::unique_ptr<Command> make_tasks_done_command();
std::unique_ptr<Command> make_tasks_waive_command();
std::unique_ptr<Command> make_tasks_reopen_command();
std::unique_ptr<Command> make_idmap_show_command();
std::unique_ptr<Command> make_idmap_export_command();
std::unique_ptr<Command> make_idmap_import_command();
std::unique_ptr<Command> make_verify_command();
std::unique_ptr<Command> make_check_command();
std::unique_ptr<Command> make_forget_command();
std::unique_ptr<Command> make_undelete_command();
std::unique_ptr<Command> make_key_add_command();
std::unique_ptr<Command> make_key_list_command();
std::unique_ptr<Command> make_key_remove_command();
std::unique_ptr<Command> make_stats_command();
std::unique_ptr<Command> make_demo_command();
std::unique_ptr<Command> make_sim_databricks_command();
std::unique_ptr<Command> make_completion_command();
std::unique_ptr<Command> make_version_command();

}  // namespace holdfast::cli
