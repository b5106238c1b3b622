#include "cli/commands/commands.h"

namespace holdfast::cli {

Commands all_commands() {
  Commands out;
  out.push_back(make_init_command());
  out.push_back(make_doctor_command());
  out.push_back(make_backup_command());
  out.push_back(make_snapshots_command());
  out.push_back(make_ls_command());
  out.push_back(make_show_command());
  out.push_back(make_find_command());
  out.push_back(make_history_command());
  out.push_back(make_diff_command());
  out.push_back(make_plan_command());
  out.push_back(make_restore_command());
  out.push_back(make_migrate_command());
  out.push_back(make_replicate_command());
  out.push_back(make_failover_command());
  out.push_back(make_fence_command());
  out.push_back(make_failback_command());
  out.push_back(make_activate_command());
  out.push_back(make_status_command());
  out.push_back(make_tasks_command());
  out.push_back(make_tasks_show_command());
  out.push_back(make_tasks_done_command());
  out.push_back(make_tasks_waive_command());
  out.push_back(make_tasks_reopen_command());
  out.push_back(make_idmap_show_command());
  out.push_back(make_idmap_export_command());
  out.push_back(make_idmap_import_command());
  out.push_back(make_verify_command());
  out.push_back(make_check_command());
  out.push_back(make_forget_command());
  out.push_back(make_undelete_command());
  out.push_back(make_key_add_command());
  out.push_back(make_key_list_command());
  out.push_back(make_key_remove_command());
  out.push_back(make_stats_command());
  out.push_back(make_demo_command());
  out.push_back(make_sim_databricks_command());
  out.push_back(make_completion_command());
  out.push_back(make_version_command());
  return out;
}

}  // namespace holdfast::cli
