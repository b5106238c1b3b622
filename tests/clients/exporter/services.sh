# shellcheck shell=bash disable=SC2034
# Sourced: what the exporter is asked to export, which are the kinds that Holdfast restores, and what it may complain of.
# Not asked for: mounts (by a cluster), and what Holdfast has no kinds of: shares, system schemas, allow lists, vector search,
# webhooks of models.
exported_services=access,compute,dashboards,directories,dlt,groups,jobs,model-serving,notebooks,policies,pools,repos
exported_services+=,secrets,settings,sql-alerts,sql-endpoints,sql-queries,storage,users,workspace
exported_services+=,uc-catalogs,uc-connections,uc-external-locations,uc-grants,uc-schemas,uc-storage-credentials,uc-volumes
# A job writes to an address that is nobody's login.
exported_errors="Can't find user with name operations@example.test"
