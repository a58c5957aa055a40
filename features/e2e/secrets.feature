@suite_e2e
Feature: Secrets of jobs

  Background:
    Given the whole stack is running
    And I am logged in with cynork

  Scenario: A job is given a secret, and it is found nowhere else
    Given a secret "DEPLOY_KEY" of mine
    And a script that writes the secret "DEPLOY_KEY" in every way as "leak.sh"
    When I run cynode with "run --secret DEPLOY_KEY --script leak.sh --out results"
    Then cynode exits with 0
    And standard output holds "the right length"
    And standard output holds "***"
    And standard error holds "the job wrote a secret it was given: in stdout and stderr and its files it is masked"
    And the file "results/key" holds "***"
    And the secret is found nowhere: output, files, database, logs, state folders, process lists
    When I run cynork with "secrets list -o json"
    Then standard output holds "DEPLOY_KEY"
    And the secret is found nowhere: output, files, database, logs, state folders, process lists

  Scenario: A secret that is not there is named before anything runs
    When I run cynode with "run --secret NO_SUCH --commands true"
    Then standard error holds "you have no secret NO_SUCH; set it with: cynork secrets set NO_SUCH"
