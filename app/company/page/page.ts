import { Answers } from "./answers.ts";
import { CompanyDialog } from "./companyDialog.ts";
import { CompanyForm } from "./companyForm.ts";
import { CompanyList } from "./companyList.ts";

const answers = new Answers();
const list = new CompanyList(answers);

new CompanyForm(answers, (company) => void list.created(company));
new CompanyDialog(answers);
