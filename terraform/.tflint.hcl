config {
  call_module_type = "local"
}

plugin "terraform" {
  enabled = true
  preset  = "all"
}

# Files are named after what is in them, which says more than variables.tf with a hundred variables.
rule "terraform_standard_module_structure" {
  enabled = false
}
