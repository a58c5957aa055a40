/**
 * Confines itself as its arguments say and becomes the program behind `--`. Perl, without any module, because every
 * Debian has it and it starts in 2 ms; Node can do none of this. What the kernel does not offer is said on stderr and
 * left out: a role that runs with less confinement is told by `cynode doctor`, one that does not run is no use.
 */
export const confineScript = String.raw`
my (%number, @keep, @read, @write, $filter, $user, $fixed) = ();
my $open = 3;
while (defined(my $option = shift @ARGV)) {
  last if $option eq '--';
  my $value = shift @ARGV;
  if ($option eq 'numbers') { %number = split /[=,]/, $value }
  elsif ($option eq 'open') { $open = $value + 0 }
  elsif ($option eq 'user') { $user = $value }
  elsif ($option eq 'keep') { @keep = split /,/, $value }
  elsif ($option eq 'no_new_privs') { $fixed = $value }
  elsif ($option eq 'read') { push @read, $value }
  elsif ($option eq 'write') { push @write, $value }
  elsif ($option eq 'filter') { $filter = pack 'H*', $value }
  else { die "confine: unknown option $option\n" }
}
sub missing { print STDERR "confine: no $_[0] here: $!\n" }
sub call { my $name = shift; return syscall($number{$name}, @_) }

if (call('close_range', $open, 0xffffffff, 0) != 0) {
  opendir my $files, '/proc/self/fd';
  call('close', $_ + 0) for grep { /^\d+$/ && $_ >= $open && $_ != fileno $files } readdir $files;
}
if (defined $user) {
  my ($uid, $gid) = ($> + 0, $) + 0);
  $) = "$gid $gid" if $uid == 0;
  if (call('unshare', 0x10000000) == 0) {
    for (['setgroups', 'deny'], ['uid_map', "$user $uid 1"], ['gid_map', "$user $gid 1"]) {
      open my $file, '>', "/proc/self/$_->[0]" or die "confine: $_->[0]: $!\n";
      syswrite $file, $_->[1] or die "confine: $_->[0]: $!\n";
    }
  } else { missing('user namespace') }
}
if (defined $keep[0]) {
  my %kept = map { $_ => 1 } @keep;
  for (0 .. 63) { call('prctl', 24, $_, 0, 0, 0) unless $kept{$_} }
}
if ($fixed) {
  call('prctl', 38, 1, 0, 0, 0) == 0 or die "confine: no_new_privs: $!\n";
}
if (@read || @write) {
  my $version = call('landlock_create_ruleset', 0, 0, 1);
  if ($version >= 2) {
    my $handled = $version >= 3 ? 0x7fff : 0x3fff;
    my $attributes = pack 'Q Q Q', $handled, 0, $version >= 6 ? 2 : 0;
    my $rules = call('landlock_create_ruleset', $attributes, length $attributes, 0);
    $rules >= 0 or die "confine: landlock: $!\n";
    for ((map { [$_, 0x0d] } @read), (map { [$_, 0x77bf] } @write)) {
      my ($path, $access) = @$_;
      mkdir $path, 0700 if $access & 0x100;
      sysopen my $place, $path, 0x200000 or next;
      $access &= 0x4007 unless -d $path;
      my $rule = pack 'Q l', $access & $handled, fileno $place;
      call('landlock_add_rule', $rules, 1, $rule, 0) == 0 or die "confine: $path: $!\n";
    }
    call('landlock_restrict_self', $rules, 0) == 0 or die "confine: landlock: $!\n";
    call('close', $rules);
  } else { missing('landlock') }
}
if (defined $filter) {
  my $program = pack 'S x6 P', length($filter) / 8, $filter;
  call('prctl', 22, 2, $program, 0, 0) == 0 or missing('seccomp');
}
exec { $ARGV[0] } @ARGV or die "confine: $ARGV[0]: $!\n";
`;
