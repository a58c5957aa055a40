@suite_e2e
Feature: What the README tells is so

  Background:
    Given the whole stack is running

  Scenario: Every line of everyday use does what stands behind it
    Given an install of a reader, with the files that the README speaks of
    When I run each line of "Everyday use" there, in its order
    Then each did what stands behind it
