# SPDX-License-Identifier: MIT
# compile_commands.json: with which flags each file is compiled, for clangd and
# other editors' helpers.  Written by make itself: bear(1) would have to watch a
# whole build, and would not see the files that only the sandbox compiles.

KIT_FILES := grader/ipclab.c $(wildcard $(ROOMS:%=grader/%/*.c) \
  grader/probe/helpers/*.c labs/*/test_*.c labs/*/misconceptions.c \
  tests/*.c tests/unit/*.c tests/system/*.c)

comma := ,
json = $(subst ",\",$(subst \,\\,$(strip $(1))))
# $(1): file, $(2): flags.
entry = {"directory": "$(call json,$(CURDIR))", "file": "$(1)", \
  "command": "$(call json,$(CC) $(2) -c $(1))"}
lab_files = $(addprefix labs/$(1)/,$(1).c skeleton.c main.c) \
  $(wildcard solutions/$(1)/*.c tests/submissions/$(1)/*/*.c)
entries = $(foreach file,$(KIT_FILES),$(call entry,$(file),$(CPPFLAGS) \
    $(KIT_CPPFLAGS) $(KIT_CFLAGS) $(CFLAGS))) \
  $(foreach lab,$(LABS),$(foreach file,$(call lab_files,$(lab)),$(call \
    entry,$(file),$(LAB_CFLAGS) -Ilabs/$(lab) -Ilabs/common)))

compile_commands.json: Makefile grader/practice/editor.mk $(B)/flags $(B)/labs/list
	$(file >$@,[$(subst } {,}$(comma) {,$(strip $(entries)))])
