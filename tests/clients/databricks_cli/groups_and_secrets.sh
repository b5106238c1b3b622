# judges: groups, secret-scopes
databricks groups list | grep -q data-engineers
databricks groups create --group-name judged
databricks groups add-member --parent-name judged --user-name anna.berg@example.test
databricks groups list-members --group-name judged | grep -q anna.berg@example.test
databricks groups list-parents --user-name anna.berg@example.test | grep -q judged
databricks groups remove-member --parent-name judged --user-name anna.berg@example.test
databricks groups delete --group-name judged
! databricks groups list | grep -q judged

databricks secrets create-scope --scope judged
databricks secrets put --scope judged --key k --string-value v
databricks secrets list --scope judged | grep -q '^k '
databricks secrets put-acl --scope judged --principal users --permission READ
databricks secrets list-acls --scope judged | grep -q READ
databricks secrets list-scopes | grep -q AZURE_KEYVAULT
databricks secrets delete --scope judged --key k
databricks secrets delete-scope --scope judged
