# Completion of dovetail(1) for fish.

# Prints the command, or with "config" the value of --config, of the words before the cursor.
function __dovetail_find
    set -l words (commandline -opc)
    set -l command
    set -l config
    set -l i 2
    while test $i -le (count $words)
        switch $words[$i]
            case --config
                set i (math $i + 1)
                set config $words[$i]
            case '--config=*'
                set config (string replace -- --config= '' $words[$i])
            case --since --subject
                set i (math $i + 1)
            case '-*'
            case '*'
                set -q command[1]; or set command $words[$i]
        end
        set i (math $i + 1)
    end
    if test "$argv[1]" = config
        string replace -r '^~/' $HOME/ -- $config
    else
        printf '%s\n' $command
    end
end

function __dovetail_command_is
    contains -- "$(__dovetail_find command)" $argv
end

function __dovetail_accounts
    set -l config (__dovetail_find config)
    if not set -q config[1]
        set -l home $XDG_CONFIG_HOME $HOME/.config
        set config $home[1]/dovetail/config
    end
    sed -n 's/^[[:space:]]*\[account \([A-Za-z0-9_-][A-Za-z0-9._-]*\)\][[:space:]]*$/\1/p' $config 2>/dev/null
end

# What was synced once; status needs no connection. It prints U+FFFD for what would act on a terminal: such a name
# can't be given back.
function __dovetail_mailboxes
    set -l config (__dovetail_find config)
    command dovetail --config=$config --verbose status $argv[1] 2>/dev/null |
        string match -v \*\uFFFD\* |
        string replace -rf '^('(string escape --style=regex -- $argv[1])'/.*): [0-9]+ messages?$' '$1'
end

function __dovetail_selectors
    set -l word (commandline -ct | string trim -l -c '"\'')
    set -l accounts (__dovetail_accounts)
    set -l account (string split -m 1 / -- $word)[1]
    if not string match -q '*/*' -- $word
        printf '%s\n' $accounts $accounts/ # a / may follow
    else if contains -- $account $accounts
        __dovetail_mailboxes $account
    end
end

complete -c dovetail -f
complete -c dovetail -l config -rF -d 'Read this instead of ~/.config/dovetail/config'
complete -c dovetail -s v -l verbose -d 'Say more; twice: what is said to the server'
complete -c dovetail -s q -l quiet -d 'Only warnings and errors'
complete -c dovetail -l json -d 'One JSON object a line, for programs'
complete -c dovetail -s h -l help -d Explain
complete -c dovetail -n '__dovetail_command_is ""' -l version -d 'Print the version'

complete -c dovetail -n '__dovetail_command_is "" help' -a sync -d 'Bring both sides together'
complete -c dovetail -n '__dovetail_command_is "" help' -a status -d 'What is queued, held or refused'
complete -c dovetail -n '__dovetail_command_is "" help' -a release -d 'Let held deletions through, or restore them'
complete -c dovetail -n '__dovetail_command_is "" help' -a undelete -d 'Bring back from the attic'
complete -c dovetail -n '__dovetail_command_is "" help' -a check -d 'What is wrong and what to do'
complete -c dovetail -n '__dovetail_command_is ""' -a help -d 'Explain a command'
complete -c dovetail -n 'not __dovetail_command_is "" help' -a '(__dovetail_selectors)'

complete -c dovetail -n '__dovetail_command_is sync' -s n -l dry-run -d 'Say what would be done, change nothing'
complete -c dovetail -n '__dovetail_command_is release' -l restore -d 'Bring the messages back'
complete -c dovetail -n '__dovetail_command_is undelete' -l since -x -a 'today yesterday' -d 'Only what was removed since then'
complete -c dovetail -n '__dovetail_command_is undelete' -l subject -x -d 'Only messages with this in their Subject'
complete -c dovetail -n '__dovetail_command_is undelete' -s l -l list -d 'Show what matches, bring nothing back'
complete -c dovetail -n '__dovetail_command_is undelete' -l all -d 'Everything that is in the attic'
