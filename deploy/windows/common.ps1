# What install.ps1 and uninstall.ps1 share; lies beside them.

# Stops with the output of a program that has failed. What it writes to its error output alone is no failure.
function Invoke-Checked([string] $Program, [string[]] $Arguments) {
  $ErrorActionPreference = 'Continue'
  $global:LASTEXITCODE = 1  # of a program that cannot even be started
  $output = & $Program @Arguments 2>&1 | ForEach-Object { "$_" }
  if ($global:LASTEXITCODE -ne 0) { throw "$Program $($Arguments -join ' ') failed: $($output -join ' ')" }
}

# Of directories that may not be there yet.
function Get-FullPath([string] $Path) {
  $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($Path).TrimEnd('\')
}

# The machine's PATH with $Directory, at its end when it is new, or without it. As it is stored, for others' entries may be
# %SystemRoot%\...; then programs that run are told, by a variable that does not exist.
function Set-OnPath([string] $Directory, [bool] $Present) {
  $key = [Microsoft.Win32.Registry]::LocalMachine.OpenSubKey(
    'SYSTEM\CurrentControlSet\Control\Session Manager\Environment', $true)
  $path = $key.GetValue('Path', '', [Microsoft.Win32.RegistryValueOptions]::DoNotExpandEnvironmentNames)
  $entries = @($path -split ';')
  if (-not $Present) { $entries = @($entries | Where-Object { $_ -ne $Directory }) }
  if ($Present -and $entries -notcontains $Directory) { $entries += $Directory }
  $changed = $entries -join ';'
  if ($changed -ne $path) {
    $key.SetValue('Path', $changed, $key.GetValueKind('Path'))
    [Environment]::SetEnvironmentVariable('JOBPOD_NOTHING', $null, 'Machine')
  }
  $key.Close()
}
