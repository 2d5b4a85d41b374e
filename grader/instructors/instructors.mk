# SPDX-License-Identifier: MIT
# What an instructor types, and what students do not get.

## make class        grade a class (SUBMISSIONS=DIR; default: the sample class)
.PHONY: class extra
class: kit
	@$(IPCLAB) class $(or $(SUBMISSIONS),tests/class/submissions \
	  --roster tests/class/roster.csv)

# An instructor's own tests, built with the lab's: `ipclab class --extra-tests`.
extra: kit
	$(Q)$(CC) $(KIT_CPPFLAGS) -Ilabs/$(LAB) -Ilabs/common $(KIT_CFLAGS) $(CFLAGS) \
	  $(LDFLAGS) -o '$(PROGRAM)' '$(SOURCE)' $(B)/labs/$(LAB)/test_$(LAB).o \
	  $(B)/labs/$(LAB)/misconceptions.o $(CRITERION) $(CRITERION_LIBS)

## make student-kit  what students get: build/ipclab-student.zip
.PHONY: student-kit student-kit-setup
student-kit: student-kit-setup
	@grader/instructors/student_kit.sh $(B)/ipclab-student.zip $(LABS)
	@echo "$(B)/ipclab-student.zip"

student-kit-setup:
	@SETUP=$(SETUP) grader/setup.sh zip
