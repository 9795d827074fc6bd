"""The paper's findings, one file each: from networks and tables of runs to the tables that show a finding."""
