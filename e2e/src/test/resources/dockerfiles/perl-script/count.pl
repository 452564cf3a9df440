use strict;
use warnings;

my %count;
$count{$_}++ for split ' ', shift;
print "$_ $count{$_}\n" for sort keys %count;
