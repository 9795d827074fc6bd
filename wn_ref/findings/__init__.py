"""The paper's findings, one file each: tables and arrays in, tables and arrays out."""
