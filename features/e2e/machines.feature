@suite_e2e @two_machines
Feature: A node on another machine

  Background:
    Given the whole stack is running

  Scenario: It joins by a word that is good once, and goes on over a cut network and under other certificates
    Given two machines with a network between them
    When the first lets others in, and a node of the second joins by a token of it
    Then jobs run on both machines, and nothing between them is in the clear
    And a token that was used, has expired or names another fingerprint is refused in clear words
    And a job that runs on the second ends well although the certificates are rotated meanwhile
    And a job that runs on the second ends well although the network is cut for 5 s
    And a client of the second logs in by the line that status prints on the first
