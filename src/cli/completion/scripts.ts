/** What each shell is told, once: ask mqchaos at every Tab. The program is called as it is on the command line. */

export const scripts = {
  bash: `# mqchaos completion for bash; in ~/.bashrc: eval "$(mqchaos completion bash)"
_mqchaos() {
  local word description current=\${COMP_WORDS[COMP_CWORD]}
  [ "$current" = "=" ] && current=
  COMPREPLY=()
  while IFS=$'\\t' read -r word description; do
    case $word in
      :files) compopt -o filenames; mapfile -t -O "\${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$current") ;;
      :folders) compopt -o filenames; mapfile -t -O "\${#COMPREPLY[@]}" COMPREPLY < <(compgen -d -- "$current") ;;
      *) COMPREPLY+=("$word") ;;
    esac
  done < <("\${COMP_WORDS[0]}" complete bash -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _mqchaos mqchaos
`,
  zsh: `#compdef mqchaos
# mqchaos completion for zsh; in ~/.zshrc, after compinit: eval "$(mqchaos completion zsh)"
_mqchaos() {
  local line word paths
  local -a lines candidates
  lines=("\${(@f)$("\${words[1]}" complete zsh -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  for line in $lines; do
    case $line in
      :files) paths=files ;;
      :folders) paths=folders ;;
      *)
        word=\${line%%$'\\t'*}
        if [[ $line == *$'\\t'* ]]; then candidates+=("\${word//:/\\\\:}:\${line#*$'\\t'}"); else candidates+=("\${word//:/\\\\:}"); fi ;;
    esac
  done
  (( $#candidates )) && _describe -V mqchaos candidates
  [[ $paths == files ]] && _files
  [[ $paths == folders ]] && _files -/
}
compdef _mqchaos mqchaos
`,
  fish: `# mqchaos completion for fish: mqchaos completion fish > ~/.config/fish/completions/mqchaos.fish
function __mqchaos_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  for line in ($words[1] complete fish -- $words[2..] $current 2>/dev/null)
    switch $line
      case :files
        __fish_complete_path $current
      case :folders
        __fish_complete_directories $current
      case '*'
        echo $line
    end
  end
end
complete -c mqchaos -f -a '(__mqchaos_complete)'
`,
} as const;

export type Shell = keyof typeof scripts;
