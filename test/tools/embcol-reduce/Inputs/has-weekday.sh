#!/bin/sh
# Succeeds, as what is interesting, where the module has the table @weekday.
embcol-opt "$1" | grep -q '@weekday'
test $? -eq 1 && exit 0 || exit 1
