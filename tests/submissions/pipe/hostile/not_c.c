Dear teacher,

my dog ate my pipe.
